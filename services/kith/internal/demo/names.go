package demo

import "strings"

// origin is a part of the world with names that go together.
type origin struct {
	given, family []string
}

func words(s string) []string { return strings.Fields(s) }

var origins = []origin{
	{words("Amara Chidi Ngozi Emeka Ifeoma Tunde Folake Kelechi Zainab Obinna Adaeze Segun"), words("Okafor Adeyemi Nwosu Balogun Eze Obi Adebayo Okonkwo Bello Danjuma Uche Afolabi")},
	{words("Wanjiru Kamau Achieng Otieno Njeri Mwangi Akinyi Kiprono Wambui Omondi Chebet Barasa"), words("Kariuki Odhiambo Mutua Wekesa Kimani Ochieng Cheruiyot Njoroge Maina Kiplagat Onyango Gathoni")},
	{words("Priya Arjun Kavya Rohan Ananya Vikram Meera Siddharth Lakshmi Aditya Neha Karthik"), words("Iyer Sharma Nair Reddy Banerjee Kulkarni Menon Gupta Chatterjee Patil Rao Deshpande")},
	{words("Mei Wei Xiulan Jun Lihua Tao Yan Hao Qing Bo Ning Rui"), words("Chen Zhang Liu Huang Zhao Wu Zhou Xu Sun Lin Guo He")},
	{words("Haruka Kenji Yuki Takumi Aiko Sora Naomi Daichi Emi Ryo Sakura Shinji"), words("Tanaka Sato Suzuki Watanabe Yamamoto Nakamura Kobayashi Ito Kato Yoshida Mori Ishikawa")},
	{words("Jiwoo Minjun Seoyeon Hyunwoo Eunji Dohyun Sujin Taeyang Haeun Jisoo Yuna Sangho"), words("Kim Park Choi Jung Kang Cho Yoon Jang Lim Han Shin Seo")},
	{words("José María Luis Camila Andrés Valentina Diego Lucía Tomás Ximena Mateo Renata"), words("Rivera Hernández Castillo Morales Ortega Vargas Fuentes Salazar Mendoza Ríos Navarro Peña")},
	{words("João Beatriz Rafael Larissa Thiago Fernanda Gustavo Marina Caio Letícia Vinícius Isabela"), words("Silva Oliveira Souza Almeida Ferreira Barbosa Cardoso Teixeira Monteiro Araújo Nogueira Moreira")},
	{words("Anna Lukas Katharina Jonas Greta Felix Annika Moritz Frieda Jürgen Sabine Matthias"), words("Schneider Weber Krüger Hoffmann Schäfer Köhler Brandt Vogel Lindner Groß Winkler Baumann")},
	{words("Ingrid Lars Astrid Søren Freja Henrik Solveig Magnus Linnéa Björn Maja Eirik"), words("Lindqvist Nilsen Østergaard Bergström Hansen Dahl Johansson Holm Sandberg Lund Kjær Ekström")},
	{words("Claire Antoine Élodie Mathieu Camille Julien Manon Baptiste Inès Étienne Océane Rémi"), words("Dubois Lefèvre Moreau Girard Fontaine Rousseau Chevalier Marchand Perrin Gauthier Renaud Besson")},
	{words("Zofia Łukasz Agnieszka Piotr Magdalena Tomasz Ewa Marcin Kasia Paweł Hanna Jakub"), words("Kowalska Wójcik Zieliński Nowak Lewandowska Mazur Krawczyk Piotrowski Grabowska Pawlak Dudek Sikora")},
	{words("Layla Omar Farah Karim Nour Youssef Rania Hassan Salma Tariq Dina Samir"), words("Haddad Mansour Khalil Nasser Farouk Aziz Saleh Darwish Hamdan Rahman Sabbagh Younes")},
	{words("Elif Mehmet Zeynep Emre Defne Kerem Aylin Burak Selin Deniz Ebru Cem"), words("Yılmaz Demir Kaya Şahin Çelik Aydın Arslan Öztürk Polat Koç Erdoğan Aksoy")},
	{words("Grace Samuel Olivia Ethan Harriet Callum Imogen Marcus Naomi Declan Ruth Desmond"), words("Bennett Hughes Whitfield O'Connor Campbell Fletcher Walsh Sinclair Marsh Gallagher Prescott Doyle")},
	{words("Olena Andriy Yuliia Bohdan Daryna Taras Iryna Maksym Sofiia Roman Kateryna Ostap"), words("Shevchenko Kovalenko Bondarenko Melnyk Tkachenko Koval Savchenko Rudenko Lysenko Marchenko Hrytsenko Moroz")},
}

// site is where people work.
type site struct {
	city, zone string
}

var sites = []site{
	{"Berlin", "Europe/Berlin"}, {"New York", "America/New_York"}, {"London", "Europe/London"}, {"Bengaluru", "Asia/Kolkata"},
	{"São Paulo", "America/Sao_Paulo"}, {"Nairobi", "Africa/Nairobi"}, {"Singapore", "Asia/Singapore"}, {"Warsaw", "Europe/Warsaw"},
}

var toASCII = strings.NewReplacer("é", "e", "É", "e", "è", "e", "á", "a", "à", "a", "ã", "a", "ä", "ae", "å", "a", "í", "i", "ı", "i", "ó", "o", "ö", "oe", "ø", "o",
	"Ø", "o", "Ö", "o", "ú", "u", "ü", "ue", "ñ", "n", "ç", "c", "Ç", "c", "ş", "s", "Ş", "s", "ğ", "g", "ń", "n", "ł", "l", "Ł", "l", "ß", "ss", "æ", "ae", "'", "", " ", "")

// mailOf is the mail address of somebody with this name.
func mailOf(given, family string) string {
	return strings.ToLower(toASCII.Replace(given)+"."+toASCII.Replace(family)) + "@example.org"
}
